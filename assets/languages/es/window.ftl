# Los textos de la ventana, ordenados por el lugar en que aparecen. En los botones hay poco sitio.

## Palabras que salen en varios lugares

open = Abrir…
open-tip = Abrir un archivo de imagen (O)
paste = Pegar
paste-tip = Del portapapeles (Ctrl V)
cancel = Cancelar
close = Cerrar
close-tip = Cerrar (Esc)
undo = Deshacer
put-back = Devolverlo
save = Guardar
rename = Cambiar el nombre
copy-commands = Copiar comandos
key-ctrl = Ctrl { $key }
key-space = Espacio
key-enter = Intro
pasted-name = Imagen pegada
pasted-opening = la imagen pegada
untitled = Retrato
file-saved = { $file } está guardado
megabytes = { $number } MB
kilobytes = { $number } kB

## Nombres que pone el programa

portrait-garden = Sombrero de paja
portrait-lady = Dama en sombra
portrait-dutch = El gorro carmesí
portrait-chalk = El viejo piloto
performance-talk = Hablar
performance-laugh = Reír
performance-doubt = Dudar
performance-look-around = Mirar alrededor
reader-face = lector de caras
preset-natural = Natural
preset-natural-tip = Todo tal como lo haces
preset-lively = Vivo
preset-lively-tip = Un poco más de todo, para quien se mueve poco
preset-theatre = Teatro
preset-theatre-tip = Gestos grandes que se ven desde la última fila
preset-eyes = Solo ojos
preset-eyes-tip = La cabeza no se mueve, los ojos te siguen

## El menú de idiomas

language = Idioma
language-system = El del sistema: { $name }
language-japanese = Japonés
language-chinese = Chino (simplificado)
language-no-font = No hay ninguna fuente para este idioma. Instala una, por ejemplo Noto Sans CJK, y vuelve a abrir Retrato
language-no-font-start = No hay ninguna fuente para { $language }, así que la ventana está en inglés. Instala una, por ejemplo Noto Sans CJK, y vuelve a abrir Retrato

## El escenario sin retrato

empty-title = Suelta aquí un retrato
empty-note = Un cuadro, una foto, un dibujo: cualquier cosa con una cara. Mirará, hablará y parpadeará como tú.
empty-no-drop = En una sesión de Wayland todavía no se pueden soltar archivos: usa Abrir o Pegar.
empty-try = o prueba con uno de estos
drop-portrait = Suéltalo y cobrará vida
drop-driver = Suéltalo y moverá el retrato
drop-neither = Esto no es una imagen ni un clip
drop-more = { $list } y { $count } más

## El escenario con retrato

stage-portrait = Retrato: { $name }
stage-caption-drop = { $name }  ·  suelta aquí tu propio retrato
stage-caption-open = { $name }  ·  pulsa O para abrir tu propio retrato
stage-opening = Abriendo { $name } …
stage-clipboard = Leyendo el portapapeles …
stage-replay = Reproducción
stage-show-panel = Mostrar el panel (P)
no-face = No se ve ninguna cara: mira a la cámara
no-face-clip = En este punto del clip no se ve ninguna cara
driver-stalled-pill = { $name } no envía nada desde hace { $seconds } s: mira el cable
countdown-label = La grabación empieza en { $number }, Esc cancela
countdown-cancel = Esc cancela

## La imagen de la cámara en el escenario

inset-label = Imagen de la cámara: { $seen }
inset-face = se ve una cara
inset-lids = Ojos
inset-mouth = Boca
inset-brows = Cejas
inset-hide = Ocultar la imagen de la cámara (C)
inset-show = Mostrar la imagen de la cámara (C)
sight-loading = Cargando el lector de caras
sight-dark = Muy oscuro: enciende una luz
sight-turned = De lado: mira a la cámara
sight-small = Muy lejos: acércate
sight-gone = Fuera de la imagen: vuelve
sight-unknown = Sin cara: mira a la cámara

## Encuadre

framing-tip = Qué parte de la imagen se ve y se graba
framing-head = Cabeza
framing-bust = Cabeza y hombros
framing-whole = Imagen completa
framing-note = A mano: la rueda acerca, arrastrar mueve, un doble clic lo muestra todo. Las grabaciones, las fotos y la cámara virtual muestran la misma parte.
panes-alone = Grabar el retrato vivo
panes-before-after = Grabar antes y después
panes-triptych = Grabarte a ti, el cuadro y el vivo
panes-triptych-note = En las grabaciones también sales tú.
mark = Marcar grabaciones y fotos
mark-tip = La palabra SYNTHETIC en la esquina de cada imagen
background = Fondo
background-own = El fondo propio de la imagen
background-blurred = Fondo desenfocado
background-green = Verde, para recortar
background-transparent = Transparente, para fotos
background-transparent-note = Los vídeos y la cámara virtual no tienen transparencia: elige verde para ellos.
background-colour = Fondo { $colour }
background-other = Otro color
background-number = Número del color
background-no-film = Un vídeo no tiene transparencia. Elige verde y recórtalo después; las fotos siguen transparentes.
output = Ventana de salida
output-tip = Solo el retrato en una ventana propia, para OBS o un proyector: F11 llena la pantalla, Esc la cierra (W)

## ¿Dónde está la cara?

face-number = Cara { $number }
face-box = Marco alrededor de la cara: arrastra para dibujarlo, las flechas lo mueven, más y menos cambian el tamaño
face-which = Hay { $count } caras en { $name }: ¿cuál cobrará vida?
face-none = No se encuentra ninguna cara en { $name }. Arrastra un marco alrededor de ella, de las cejas a la barbilla.
face-draw = Arrastra un marco alrededor de la cara, de las cejas a la barbilla.
face-use-box = Usar el marco
face-use = Usar esta cara
face-draw-instead = Dibujar marco
face-draw-instead-tip = Ninguna de estas es la buena
face-keep-largest = Quedarse con la cara más grande (Esc)
face-do-not-open = No abrir esta imagen (Esc)

## La galería

gallery-all = Todos los retratos
gallery-all-count = Todos: { $count }
gallery-all-tip = Todos los retratos: los tuyos y los incluidos (G)
gallery-portrait-missing = Retrato: { $name }, falta su archivo
gallery-remove = Quitar { $name }
sheet-title = Retratos
sheet-close = Cerrar los retratos (Esc)
sheet-own = Los tuyos, primero los más nuevos
sheet-own-none = Los retratos que abras se quedan aquí, con su cara, su movimiento y sus otras imágenes.
sheet-built-in = Vienen con Retrato
sheet-missing = Falta el archivo
sheet-missing-tip = { $file } ya no está. Devuelve el archivo a su sitio y haz clic aquí, o quita el retrato de la lista
sheet-keep = Dejar { $name } al principio
sheet-keep-not = No dejar { $name } al principio
sheet-other-face = Elegir otra cara en { $name }
sheet-take-off = Quitar { $name } de la lista
sheet-taken-off = «{ $name }» ya no está en la lista

## El panel: cabecera, retrato

panel-hide = Ocultar el panel (P)
panel-help = Ayuda y atajos (F1)
portrait = Retrato
portrait-open-tip = Abrir un retrato (O)
further-add = Añadir otra imagen suya…
further-add-short = Añadir…
further-tip = Lo que esta imagen no muestra, como los dientes o los ojos cerrados, se toma de otra de la misma persona (A)
further-none = Sin sus redes, el retrato se hace con una sola imagen
further-count = { $count } imágenes de esta persona
likeness-improve = Mejorar el parecido
likeness-improve-tip = Aprende todas las imágenes de la persona, entre medio minuto y dos; los ojos y la boca necesitan varias
likeness-learning = Aprendiendo: { $percent } %
likeness-cancel-tip = Dejar de aprender: el retrato sigue como antes
likeness-undo-tip = Olvidar lo aprendido de estas imágenes
likeness-improved = Parecido mejorado
likeness-improved-tip = Las imágenes de la persona están aprendidas, también para la próxima vez

## El panel: qué mueve el retrato

driver = Lo mueve
driver-read-by = Lo lee
driver-reader = lector
driver-reader-tip = Qué lee tu cara
driver-reader-best = El mejor que haya
driver-reader-best-tip = El lector de caras, con cada pequeño movimiento; dlib donde falta o no ve ninguna cara
driver-reader-dlib = Solo dlib
driver-reader-dlib-tip = 68 puntos: para comparar, y para caras que el lector interpreta mal
driver-camera = Cámara
driver-camera-tip = La cámara que ve tu cara
driver-cameras-looking = Buscando cámaras …
driver-cameras-none = No hay ninguna cámara
driver-cameras-choose = Elige una cámara
driver-cameras-plug = Conecta una y pulsa la flecha
camera-looking = Mirando …
camera-drives = Mueve ahora el retrato
camera-busy = La usa otro programa
camera-forbidden = Este programa no puede usarla
camera-fails = Sin imagen
camera-formats = { $size }, { $rate } fps
camera-formats-most = { $size }, { $rate } fps, hasta { $most }
camera-busy-tip = Cierra el otro programa o elige otra cámara
camera-forbidden-tip = Permite que este programa use cámaras, en los ajustes del sistema; en Linux tu usuario debe estar en el grupo video
driver-cameras-again = Volver a buscar cámaras
driver-performance-tip = Una actuación guardada: movimiento sin imágenes
driver-clip = Clip…
driver-clip-tip = Un vídeo o una actuación guardada
driver-it = Eso
driver-the-camera = La cámara
driver-nothing = Todavía nada mueve el retrato
driver-running = { $name }, { $rate } fps
driver-stalled = { $name } no envía nada desde hace { $seconds } s. Mira el cable
driver-ended = { $name } ha terminado
driver-failed = { $name } no funciona. Elige otra cosa que mueva el retrato

## El panel: cómo se reproduce un clip

play = Reproducir
pause = Pausa
play-place = Punto del clip
play-waits = Empieza cuando haya un retrato.
play-again = Vuelve a empezar al terminar
play-once = Se detiene al terminar
play-speed = Velocidad del clip
play-speed-tip = A qué velocidad se reproduce
speed-quarter = Un cuarto
speed-half = La mitad
speed-own = Normal
speed-more = Una y media
speed-double = El doble
play-neutral = Neutral aquí
play-neutral-tip = Haz una pausa donde la cara esté relajada y mire de frente, y pulsa: todo el movimiento se mide desde esta imagen

## El panel: movimiento

motion = Movimiento
motion-undo = Deshacer (Ctrl Z)
motion-redo = Rehacer (Ctrl Y)
motion-neutral = Fijar mi cara neutral
motion-neutral-tip = Mira de frente con la cara relajada y pulsa: todo el movimiento se mide desde ahí
motion-neutral-not = Abre primero un retrato
motion-own-tip = Es tuyo. Con un clic derecho puedes quitarlo
motion-own-set-tip = Es tuyo. Con otro clic puedes quitarlo
motion-remove = Quitar { $name }
motion-save = Guardar…
motion-save-tip = Guardar este movimiento con un nombre, o cambiar el nombre del tuyo elegido
motion-name = Nombre de este movimiento
motion-head = Cabeza
motion-head-tip = Cuánto gira, asiente y se inclina la cabeza
motion-eyes = Ojos
motion-eyes-tip = Parpadeos, ojos entornados y muy abiertos
motion-gaze = Mirada
motion-gaze-tip = Cuánto se mueve la mirada
motion-brows = Cejas
motion-brows-tip = Cuánto suben y se fruncen las cejas
motion-mouth = Boca
motion-mouth-tip = Cuánto se mueven los labios y la mandíbula
motion-smoothing = Suavizado
motion-smoothing-tip = Más es más tranquilo, y llega un poco después
motion-mirror = Espejo
motion-mirror-tip = El retrato se mueve como tu reflejo en un espejo (M)
slider-back = Doble clic: vuelve al { $percent } %
slider-number = { $label } en porcentaje
slider-number-tip = Haz clic para escribir un número

## El panel: lo que se usa poco

more = Más
more-tip = Otras imágenes de la persona, el fondo, la cámara virtual, velocidad
virtual-camera = Cámara virtual
virtual-camera-tip = Otros programas, como las videollamadas, pueden elegir el retrato como cámara
virtual-camera-opening = Abriendo el dispositivo …
virtual-camera-choose = Elige la cámara { $name } en otros programas
virtual-camera-commands-tip = Pégalos en un terminal
speed = Velocidad
speed-unknown = aún no se sabe
speed-tip = Qué hace las imágenes
speed-recording = Detén la grabación para cambiarlo
speed-auto = Automático
speed-auto-tip = La tarjeta gráfica donde sea más rápida
speed-cpu = CPU
speed-cpu-tip = El procesador principal
speed-gpu = GPU
speed-gpu-tip = La tarjeta gráfica, aunque sea de software
speed-now = Ahora: { $why }.
speed-no-networks = Las redes no se usan con este retrato: { $why }.
speed-broken = la tarjeta gráfica no puede seguir ({ $why }), así que las imágenes las hace la CPU
foot-idle = en espera
foot-speed = { $rate } fps · { $ms } ms
foot-speed-tip = Imágenes por segundo, y el tiempo desde la cámara hasta su imagen
foot-camera = Cámara virtual encendida
foot-camera-tip = Otros programas pueden ver el retrato. El interruptor está en Más

## El panel: grabación

record = Grabar
record-tip = Grabar el retrato (R)
record-not = Se puede grabar cuando hay un retrato abierto y lo mueve una cámara o un clip
record-stop = Parar   { $time }
record-stop-label = Parar la grabación
record-stop-tip = Parar y conservar la grabación (R)
record-saving = Guardando   { $percent } %
boomerang = Bumerán
boomerang-tip = Tres segundos, de ida y vuelta (B)
countdown = Cuenta atrás
countdown-on = Las grabaciones empiezan tras 3, 2, 1. Pulsa para empezar enseguida
countdown-with-camera = Con una cámara, las grabaciones empiezan tras 3, 2, 1; con un clip, enseguida. Pulsa para contar siempre
countdown-off = Las grabaciones empiezan enseguida. Pulsa para contar antes 3, 2, 1
snapshot = Foto
snapshot-tip = Guardar esta imagen como PNG (S)
sound-on = Con sonido
sound-off = Sin sonido
sound-tip = Grabar con el micrófono, o con el sonido del clip
microphone = Micrófono
microphone-system = Micrófono del sistema
microphone-level = Nivel del micrófono: { $percent } %
record-earlier = Grabaciones anteriores (L)
record-copy-path = Copiar la ruta del último archivo
record-show = Mostrar el último archivo en su carpeta
record-slow = { $count ->
    [one] Solo { $count } imagen por segundo
   *[other] Solo { $count } imágenes por segundo
}
record-slow-tip = Este ordenador es demasiado lento para un vídeo fluido. Cierra otros programas o usa una imagen más pequeña
record-slow-note = { $few }: este ordenador era demasiado lento para un vídeo fluido. Cierra otros programas o usa una imagen más pequeña.
record-lost = { $count ->
    [one] { $count } imagen perdida
   *[other] { $count } imágenes perdidas
}
record-lost-tip = Este ordenador era demasiado lento para ellas
record-saved = Guardado: { $name }
record-saved-in = Se guarda en { $folder }

## La tarjeta de una grabación, su reproducción, la lista

film-play = Reproducir { $name }
film-sound = con sonido
film-silent = sin sonido
film-replay = Ver
film-replay-tip = Reproducirla aquí, con su sonido
film-trim = Cortar
film-trim-tip = Elegir dónde empieza y dónde acaba
film-copy = Copiar el archivo, para pegarlo en un mensaje o una carpeta
film-show = Mostrarlo en su carpeta
film-trash = Enviarlo a la papelera
film-save-as = Guardar como
film-save-as-tip = Un archivo nuevo; este se queda
film-gif = GIF
film-gif-guessing = GIF (calculando el tamaño)
film-gif-about = GIF, unos { $size }
film-whole = Vídeo, imagen completa (MP4)
film-square = Vídeo, cuadrado (MP4)
film-tall = Vídeo, vertical para móvil (MP4)
film-back = Vídeo, de ida y vuelta (MP4)
film-still = Imagen fija, la que se ve (PNG)
film-of-part = De la parte que has elegido.
film-name = Nombre nuevo
film-keep-name = Dejar el nombre
film-part = { $from } – { $to }   ({ $seconds } s)
film-part-begin = Principio de la parte
film-part-end = Final de la parte
film-part-at = { $end }: { $time }
film-done = Listo
film-save-again = Guardar parte
film-save-again-tip = Un archivo nuevo de esta parte; la grabación se queda como está
film-volume = Volumen
film-end-replay = Terminar la reproducción (Esc)
film-no-sound = Sin sonido: { $why }.
film-making-whole = Guardando el vídeo
film-making-square = Guardando el vídeo
film-making-tall = Guardando el vídeo
film-making-gif = Guardando el GIF
film-making-still = Guardando la imagen
film-making-back = Haciendo ida y vuelta
film-making = { $what }   { $percent } %
film-cancelled = Se canceló; no se ha escrito nada
film-no-part = Entre estos dos extremos no hay ninguna imagen; sepáralos
film-no-film = { $file } no es un vídeo
film-too-long = Solo los vídeos de hasta { $seconds } segundos pueden ir y volver; córtalo antes
film-bad-name = Ningún archivo puede llamarse así; usa letras, cifras y espacios
film-name-taken = Ya hay un archivo llamado { $name }; elige otro nombre
films-title = Grabaciones
films-in = en { $folder }
films-looking = Buscando …
films-none = Todavía no hay grabaciones. Pulsa Grabar y lo que hagas aparecerá aquí.
films-one = Grabación: { $name }
age-now = ahora mismo
age-minutes = { $count ->
    [one] hace { $count } minuto
   *[other] hace { $count } minutos
}
age-hours = { $count ->
    [one] hace { $count } hora
   *[other] hace { $count } horas
}
age-days = { $count ->
    [one] hace { $count } día
   *[other] hace { $count } días
}
age-months = { $count ->
    [one] hace { $count } mes
   *[other] hace { $count } meses
}

## Ayuda, acerca de, preguntas

help-title = Atajos
help-open = Abrir un retrato; mantenida: ver el original
help-gallery = Todos los retratos
help-further = Añadir otra imagen de la persona
help-paste = Pegar una imagen o una ruta
help-digits = Retratos de la galería, o la cara
help-enter = Usar la cara marcada
help-space = Fijar mi cara neutral
help-mirror = Espejo
help-undo = Deshacer un cambio del movimiento
help-redo = Rehacerlo
help-inset = Imagen de la cámara
help-record = Grabar, parar
help-boomerang = Bumerán de tres segundos
help-snapshot = Foto
help-panel = Panel lateral
help-list = Grabaciones anteriores
help-output = Ventana de salida
help-alone = Solo la imagen
help-tab = Control siguiente
help-help = Esta ayuda
help-escape = Cerrar lo que está encima
help-know = Conviene saber
help-consent = Anima solo a personas que estén de acuerdo, o que murieron hace mucho. Cada vídeo y cada foto llevan la marca de que son sintéticos, para que nadie los tome por la persona real.
help-private = Nada sale de este ordenador: ni cuenta, ni red.
help-about = Acerca de Retrato
help-about-tip = Versión, licencias, con qué ha aprendido
about-what = Da vida a un retrato con tu propia cara, solo en este ordenador: ni cuenta, ni red.
about-licences = Licencias
about-licences-text = Retrato es libre: puedes usarlo con la licencia MIT o la licencia Apache 2.0, como prefieras. El archivo NOTICE enumera lo que hicieron otros.
about-learnt = Con qué ha aprendido
about-learnt-text = Las redes de Retrato solo han aprendido con cabezas sintéticas: personas que no existen, hechas por el programa con el modelo público ICT-FaceKit. No se usó ninguna foto de nadie. Las caras las leen modelos que entrenaron otros: Face Landmarker de MediaPipe, y los puntos de dlib donde este falta.
about-wrong = Cuando algo va mal
about-log = El registro está en { $path }
about-copy-log = Copiar ruta del registro
about-copy-log-tip = Para escribir a quienes lo arreglan
recovery-title = { $count ->
    [one] Hay una grabación interrumpida
   *[other] Hay grabaciones interrumpidas
}
recovery-file = { $name } ({ $size })
recovery-text = Retrato no se cerró bien mientras grababa. Lo grabado hasta entonces se puede recuperar.
recovery-recover = Recuperar
recovery-later = Más tarde
path-portrait = Abrir un retrato
path-further = Añadir otra imagen de la persona
path-driver = Abrir un clip o una actuación
path-where-picture = Este escritorio no tiene diálogo de archivos. ¿Dónde está la imagen?
path-where-file = Este escritorio no tiene diálogo de archivos. ¿Dónde está el archivo?
path-hint = /carpeta/archivo
path-label = Ruta del archivo
path-open = Abrir
path-none = No existe ese archivo.
dialog-pictures = Imágenes
dialog-clips = Clips y actuaciones
dialog-all = Todos los archivos

## Mensajes

dismiss = Descartar el mensaje
said-copied = Está en el portapapeles
said-path-copied = La ruta está en el portapapeles
said-no-dialog = El diálogo de archivos no se abre: { $why }
said-neither = { $name } no es ni una imagen ni un clip. Suelta un JPEG, PNG o WebP para animarlo, o un MP4 que lo mueva
said-one-driver = Solo uno puede moverlo: se usa { $name }
said-other-name = Pon otro nombre: este está vacío o es uno del programa
said-no-room = No caben más ajustes. Quita antes uno
said-neutral = Esta es ahora tu cara neutral
said-likeness-better = El parecido es mejor: un { $percent } % más cerca de las imágenes
said-likeness-same = El parecido no se pudo mejorar; no ha cambiado nada
said-recorded = { $file } está guardado ({ $seconds } s)
said-virtual-camera = Otros programas ya pueden elegir la cámara { $name }
said-virtual-camera-commands = La cámara virtual necesita un dispositivo que se crea con unos comandos. El panel explica más, en Más
said-executor-now = Ahora: { $why }
said-executor-not = La GPU no se usa: { $why }
said-executor-broken = La tarjeta gráfica no puede seguir ({ $why }). Retrato continúa con la CPU.
said-networks-broken = Las redes no pueden seguir ({ $why }). Este retrato se mueve sin ellas, menos bien; con el próximo lo intentan otra vez.
said-recovered = { $file } está recuperado
said-clipboard = El portapapeles no se puede leer: { $why }
said-clipboard-empty = La imagen del portapapeles está vacía. Cópiala otra vez
said-clipboard-text = En el portapapeles hay texto, no una imagen. Copia antes una imagen, o su ruta
said-clipboard-nothing = En el portapapeles no hay ninguna imagen. Copia antes una, o su ruta
said-passing = La imagen no estará la próxima vez: { $why }
said-replaced = Un retrato nuevo ocupa el lugar del anterior. ¿Muestran a la misma persona?
said-replaced-by = «{ $by }» ocupa el lugar de «{ $before }». ¿Muestran a la misma persona?
said-use-both = Usar las dos imágenes
said-one-portrait = Un retrato cada vez: los demás esperan en la galería
said-one-person = Son la misma persona
said-portrait-first = Abre antes un retrato de la persona y luego añade más imágenes
said-made-from = Ahora está hecho con { $count } imágenes de esta persona
said-film-copied = { $file } está en el portapapeles
said-film-path = Aquí el portapapeles no acepta archivos, así que tiene la ruta
said-no-file-manager = Aquí no responde ningún gestor de archivos, así que la ruta está en el portapapeles
said-trashed = { $file } está en la papelera
said-put-back = { $file } está de nuevo en su carpeta

## Problemas: lo que el programa dice de archivos y dispositivos viene en inglés

trouble-driver = Esto no puede mover el retrato. { $why }
trouble-portrait = La imagen no se abre. { $why }
trouble-background = El fondo queda como está: { $why }
trouble-recording = La grabación ha fallado. { $why }
trouble-snapshot = La foto ha fallado. { $why }
trouble-recovery = La grabación no se pudo recuperar. { $why }
trouble-likeness = El aprendizaje ha fallado. { $why }
trouble-virtual-camera = La cámara virtual no funciona. { $why }
trouble-film = No se pudo hacer. { $why }
trouble-portraits = Hay un problema con tus retratos. { $why }
trouble-settings = Un aviso sobre los ajustes. { $why }
trouble = Un aviso. { $why }
