# Os textos da janela, agrupados pelo lugar onde aparecem. Há pouco espaço nos botões.

## Palavras que aparecem em vários lugares

open = Abrir…
open-tip = Abrir um arquivo de imagem (O)
paste = Colar
paste-tip = Da área de transferência (Ctrl V)
cancel = Cancelar
close = Fechar
close-tip = Fechar (Esc)
undo = Desfazer
put-back = Pôr de volta
save = Salvar
rename = Renomear
copy-commands = Copiar comandos
key-ctrl = Ctrl { $key }
key-space = Espaço
key-enter = Enter
pasted-name = Imagem colada
pasted-opening = a imagem colada
untitled = Retrato
file-saved = { $file } foi salvo
megabytes = { $number } MB
kilobytes = { $number } kB

## Nomes que o programa dá

portrait-garden = Chapéu de palha
portrait-lady = Dama em sombra
portrait-dutch = O gorro carmesim
portrait-chalk = O velho piloto
performance-talk = Falar
performance-laugh = Rir
performance-doubt = Duvidar
performance-look-around = Olhar em volta
reader-face = leitor de rostos
preset-natural = Natural
preset-natural-tip = Tudo como você faz
preset-lively = Vivo
preset-lively-tip = Um pouco mais de tudo, para quem se mexe pouco
preset-theatre = Teatro
preset-theatre-tip = Gestos grandes, vistos da última fila
preset-eyes = Só os olhos
preset-eyes-tip = A cabeça fica parada, os olhos seguem você

## O menu de idiomas

language = Idioma
language-system = O do sistema: { $name }
language-japanese = Japonês
language-chinese = Chinês (simplificado)
language-no-font = Nenhuma fonte para este idioma está instalada. Instale uma, como Noto Sans CJK, e abra o Retrato de novo
language-no-font-start = Nenhuma fonte para { $language } está instalada, por isso a janela fala inglês. Instale uma, como Noto Sans CJK, e abra o Retrato de novo

## O palco sem retrato

empty-title = Solte um retrato aqui
empty-note = Uma pintura, uma foto, um desenho: qualquer coisa com um rosto. Ele vai olhar, falar e piscar como você.
empty-no-drop = Numa sessão Wayland ainda não dá para soltar arquivos: use Abrir ou Colar.
empty-try = ou experimente um destes
drop-portrait = Solte para dar vida
drop-driver = Solte para mover o retrato
drop-neither = Isto não é imagem nem clipe
drop-more = { $list } e mais { $count }

## O palco com retrato

stage-portrait = Retrato: { $name }
stage-caption-drop = { $name }  ·  solte aqui um retrato seu
stage-caption-open = { $name }  ·  O abre um retrato seu
stage-opening = Abrindo { $name } …
stage-clipboard = Lendo a área de transferência …
stage-replay = Reprodução
stage-show-panel = Mostrar o painel (P)
no-face = Nenhum rosto: olhe para a câmera
no-face-clip = Nenhum rosto neste ponto do clipe
driver-stalled-pill = { $name } não envia nada há { $seconds } s: veja o cabo
countdown-label = Gravação em { $number }, Esc cancela
countdown-cancel = Esc cancela

## A imagem da câmera no palco

inset-label = Imagem da câmera: { $seen }
inset-face = um rosto foi encontrado
inset-lids = Olhos
inset-mouth = Boca
inset-brows = Cenho
inset-hide = Esconder a imagem da câmera (C)
inset-show = Mostrar a imagem da câmera (C)
sight-loading = Carregando o leitor
sight-dark = Escuro demais: acenda a luz
sight-turned = De lado: olhe para a câmera
sight-small = Longe demais: chegue perto
sight-gone = Fora da imagem: volte
sight-unknown = Nenhum rosto na imagem

## Enquadramento

framing-tip = Que parte da imagem é mostrada e gravada
framing-head = Cabeça
framing-bust = Cabeça e ombros
framing-whole = Imagem inteira
framing-note = À mão: a roda aproxima, arrastar move, um clique duplo mostra tudo. Gravações, fotos e a câmera virtual mostram a mesma parte.
panes-alone = Gravar o retrato vivo
panes-before-after = Gravar antes e depois
panes-triptych = Gravar você, a pintura e o vivo
panes-triptych-note = As gravações mostram você também.
mark = Marcar gravações e fotos
mark-tip = A palavra SYNTHETIC no canto de cada imagem
background = Fundo
background-own = O fundo da própria imagem
background-blurred = Fundo desfocado
background-green = Verde, para recortar
background-transparent = Transparente, para fotos
background-transparent-note = Os filmes e a câmera virtual não têm transparência: escolha verde para eles.
background-colour = Fundo { $colour }
background-other = Outra cor
background-number = Número da cor
background-no-film = Um filme não tem transparência. Escolha verde e recorte depois; as fotos continuam transparentes.
output = Janela de saída
output-tip = Só o retrato em uma janela própria, para o OBS ou um projetor: F11 ocupa a tela, Esc fecha (W)

## Onde está o rosto?

face-number = Rosto { $number }
face-box = Quadro em volta do rosto: arraste para desenhar, as setas movem, mais e menos mudam o tamanho
face-which = Há { $count } rostos em { $name }: qual deve ganhar vida?
face-none = Nenhum rosto encontrado em { $name }. Arraste um quadro em volta dele, das sobrancelhas ao queixo.
face-draw = Arraste um quadro em volta do rosto, das sobrancelhas ao queixo.
face-use-box = Usar o quadro
face-use = Usar este rosto
face-draw-instead = Traçar quadro
face-draw-instead-tip = Nenhum destes é o certo
face-keep-largest = Ficar com o maior rosto (Esc)
face-do-not-open = Não abrir esta imagem (Esc)

## A galeria

gallery-all = Todos os retratos
gallery-all-count = Todos: { $count }
gallery-all-tip = Todos os retratos: os seus e os incluídos (G)
gallery-portrait-missing = Retrato: { $name }, falta o arquivo
gallery-remove = Remover { $name }
sheet-title = Retratos
sheet-close = Fechar os retratos (Esc)
sheet-own = Os seus, os mais novos primeiro
sheet-own-none = Os retratos que você abrir ficam aqui, com seu rosto, seu movimento e suas outras imagens.
sheet-built-in = Vêm com o Retrato
sheet-missing = Falta o arquivo
sheet-missing-tip = { $file } não está mais lá. Devolva o arquivo e clique aqui, ou tire o retrato da lista
sheet-keep = Manter { $name } na frente
sheet-keep-not = Não manter { $name } na frente
sheet-other-face = Escolher outro rosto em { $name }
sheet-take-off = Tirar { $name } da lista
sheet-taken-off = “{ $name }” saiu da lista

## O painel: cabeçalho, retrato

panel-hide = Esconder o painel (P)
panel-help = Ajuda e atalhos (F1)
portrait = Retrato
portrait-open-tip = Abrir um retrato (O)
further-add = Mais uma imagem da pessoa…
further-add-short = Mais…
further-tip = O que esta imagem não mostra, como dentes ou olhos fechados, vem de outra da mesma pessoa (A)
further-none = Sem as suas redes, o retrato é feito de uma só imagem
further-count = { $count } imagens desta pessoa
likeness-improve = Melhorar semelhança
likeness-improve-tip = Aprende todas as imagens da pessoa, em meio minuto a dois; olhos e boca precisam de várias
likeness-learning = Aprendendo: { $percent } %
likeness-cancel-tip = Parar de aprender: o retrato fica como antes
likeness-undo-tip = Esquecer o que foi aprendido destas imagens
likeness-improved = Mais semelhante
likeness-improved-tip = As imagens da pessoa foram aprendidas, também para a próxima vez

## O painel: o que move o retrato

driver = Movido por
driver-read-by = Lido por
driver-reader = leitor
driver-reader-tip = O que lê o seu rosto
driver-reader-best = O melhor que houver
driver-reader-best-tip = O leitor de rostos, com cada pequeno movimento; dlib onde ele falta ou não vê rosto
driver-reader-dlib = Só dlib
driver-reader-dlib-tip = 68 pontos: para comparar, e para rostos que o leitor lê mal
driver-camera = Câmera
driver-camera-tip = A câmera que vê o seu rosto
driver-cameras-looking = Procurando câmeras …
driver-cameras-none = Nenhuma câmera encontrada
driver-cameras-choose = Escolha uma câmera
driver-cameras-plug = Conecte uma e clique na seta
camera-looking = Olhando …
camera-drives = Move agora o retrato
camera-busy = Em uso por outro programa
camera-forbidden = Este programa não pode usá-la
camera-fails = Sem imagem
camera-formats = { $size }, { $rate } fps
camera-formats-most = { $size }, { $rate } fps, até { $most }
camera-busy-tip = Feche o outro programa ou escolha outra câmera
camera-forbidden-tip = Permita que este programa use câmeras, nas configurações do sistema; no Linux seu usuário precisa estar no grupo video
driver-cameras-again = Procurar câmeras de novo
driver-performance-tip = Uma atuação gravada: movimento sem imagens
driver-clip = Clipe…
driver-clip-tip = Um vídeo ou uma atuação gravada
driver-it = Isto
driver-the-camera = A câmera
driver-nothing = Nada move o retrato ainda
driver-running = { $name }, { $rate } fps
driver-stalled = { $name } não envia nada há { $seconds } s. Veja o cabo
driver-ended = { $name } acabou
driver-failed = { $name } não funciona. Escolha outra coisa para mover o retrato

## O painel: como um clipe é reproduzido

play = Reproduzir
pause = Pausar
play-place = Ponto do clipe
play-waits = Começa quando houver um retrato.
play-again = Recomeça ao chegar ao fim
play-once = Para ao chegar ao fim
play-speed = Velocidade do clipe
play-speed-tip = A velocidade da reprodução
speed-quarter = Um quarto
speed-half = Metade
speed-own = Normal
speed-more = Uma vez e meia
speed-double = Dobro
play-neutral = Neutro aqui
play-neutral-tip = Pause onde o rosto está relaxado e olha para a frente e clique: todo movimento é medido a partir desta imagem

## O painel: movimento

motion = Movimento
motion-undo = Desfazer (Ctrl Z)
motion-redo = Refazer (Ctrl Y)
motion-neutral = Meu rosto neutro
motion-neutral-tip = Olhe para a frente com o rosto relaxado e clique: todo movimento é medido a partir daí
motion-neutral-not = Abra primeiro um retrato
motion-own-tip = Seu. Um clique direito pode removê-lo
motion-own-set-tip = Seu. Outro clique pode removê-lo
motion-remove = Remover { $name }
motion-save = Salvar…
motion-save-tip = Guardar este movimento com um nome, ou renomear o seu escolhido
motion-name = Nome deste movimento
motion-head = Cabeça
motion-head-tip = Quanto a cabeça vira, acena e se inclina
motion-eyes = Olhos
motion-eyes-tip = Piscadas, olhos semicerrados e arregalados
motion-gaze = Olhar
motion-gaze-tip = Quanto os olhos olham em volta
motion-brows = Sobrancelhas
motion-brows-tip = Quanto as sobrancelhas sobem e se franzem
motion-mouth = Boca
motion-mouth-tip = Quanto os lábios e o queixo se movem
motion-smoothing = Suavização
motion-smoothing-tip = Mais é mais calmo, e chega um pouco depois
motion-mirror = Espelho
motion-mirror-tip = O retrato se move como o seu reflexo no espelho (M)
slider-back = Clique duplo: volta a { $percent } %
slider-number = { $label } em porcentagem
slider-number-tip = Clique para digitar um número

## O painel: o que se usa pouco

more = Mais
more-tip = Outras imagens da pessoa, o fundo, a câmera virtual, velocidade
virtual-camera = Câmera virtual
virtual-camera-tip = Outros programas, como os de chamadas de vídeo, podem escolher o retrato como câmera
virtual-camera-opening = Abrindo o dispositivo …
virtual-camera-choose = Escolha a câmera { $name } nos outros programas
virtual-camera-commands-tip = Cole-os num terminal
speed = Velocidade
speed-unknown = ainda não se sabe
speed-tip = O que faz as imagens
speed-recording = Pare a gravação para mudar isto
speed-auto = Automático
speed-auto-tip = A placa de vídeo onde ela for mais rápida
speed-cpu = CPU
speed-cpu-tip = O processador principal
speed-gpu = GPU
speed-gpu-tip = A placa de vídeo, mesmo que seja de software
speed-now = Agora: { $why }.
speed-no-networks = As redes não são usadas neste retrato: { $why }.
speed-broken = a placa de vídeo não pode continuar ({ $why }), então a CPU faz as imagens
foot-idle = parado
foot-speed = { $rate } fps · { $ms } ms
foot-speed-tip = Imagens por segundo, e o tempo da câmera até a imagem
foot-camera = Câmera virtual ligada
foot-camera-tip = Outros programas podem ver o retrato. O botão está em Mais

## O painel: gravação

record = Gravar
record-tip = Gravar o retrato (R)
record-not = Dá para gravar quando um retrato está aberto e uma câmera ou um clipe o move
record-stop = Parar   { $time }
record-stop-label = Parar a gravação
record-stop-tip = Parar e guardar a gravação (R)
record-saving = Salvando   { $percent } %
boomerang = Bumerangue
boomerang-tip = Três segundos, de ida e volta (B)
countdown = Contagem
countdown-on = As gravações começam após 3, 2, 1. Clique para começar logo
countdown-with-camera = Com uma câmera, as gravações começam após 3, 2, 1; com um clipe, logo. Clique para contar sempre
countdown-off = As gravações começam logo. Clique para contar 3, 2, 1 antes
snapshot = Foto
snapshot-tip = Guardar esta imagem como PNG (S)
sound-on = Com som
sound-off = Sem som
sound-tip = Gravar com o microfone, ou com o som do clipe
microphone = Microfone
microphone-system = Microfone do sistema
microphone-level = Nível do microfone: { $percent } %
record-earlier = Gravações anteriores (L)
record-copy-path = Copiar o caminho do último arquivo
record-show = Mostrar o último arquivo na sua pasta
record-slow = { $count ->
    [one] Só { $count } imagem por segundo
   *[other] Só { $count } imagens por segundo
}
record-slow-tip = Este computador é lento demais para um vídeo fluido. Feche outros programas ou use uma imagem menor
record-slow-note = { $few }: este computador foi lento demais para um vídeo fluido. Feche outros programas ou use uma imagem menor.
record-lost = { $count ->
    [one] { $count } imagem perdida
   *[other] { $count } imagens perdidas
}
record-lost-tip = Este computador foi lento demais para elas
record-saved = Salvo: { $name }
record-saved-in = Salvo em { $folder }

## O cartão de uma gravação, sua reprodução, a lista

film-play = Reproduzir { $name }
film-sound = com som
film-silent = sem som
film-replay = Ver
film-replay-tip = Reproduzir aqui, com o som
film-trim = Cortar
film-trim-tip = Escolher onde começa e termina
film-copy = Copiar o arquivo, para colar numa mensagem ou pasta
film-show = Mostrar na sua pasta
film-trash = Mover para a lixeira
film-save-as = Salvar como
film-save-as-tip = Um arquivo novo; este fica
film-gif = GIF
film-gif-guessing = GIF (calculando o tamanho)
film-gif-about = GIF, cerca de { $size }
film-whole = Vídeo, imagem inteira (MP4)
film-square = Vídeo, quadrado (MP4)
film-tall = Vídeo, vertical para celular (MP4)
film-back = Vídeo, ida e volta (MP4)
film-still = Imagem parada, a mostrada (PNG)
film-of-part = Da parte que você escolheu.
film-name = Novo nome
film-keep-name = Manter o nome
film-part = { $from } – { $to }   ({ $seconds } s)
film-part-begin = Começo da parte
film-part-end = Fim da parte
film-part-at = { $end }: { $time }
film-done = Pronto
film-save-again = Salvar parte
film-save-again-tip = Um arquivo novo desta parte; a gravação fica como está
film-volume = Volume
film-end-replay = Terminar a reprodução (Esc)
film-no-sound = Sem som: { $why }.
film-making-whole = Salvando o vídeo
film-making-square = Salvando o vídeo
film-making-tall = Salvando o vídeo
film-making-gif = Salvando o GIF
film-making-still = Salvando a imagem
film-making-back = Fazendo ida e volta
film-making = { $what }   { $percent } %
film-cancelled = Cancelado; nada foi gravado
film-no-part = Não há imagem entre estas duas pontas; afaste-as
film-no-film = { $file } não é um vídeo
film-too-long = Só vídeos de até { $seconds } segundos podem ir e voltar; corte antes
film-bad-name = Nenhum arquivo pode ter esse nome; use letras, números e espaços
film-name-taken = Já existe um arquivo chamado { $name }; escolha outro nome
films-title = Gravações
films-in = em { $folder }
films-looking = Procurando …
films-none = Nada foi gravado ainda. Clique em Gravar, e o que você fizer aparece aqui.
films-one = Gravação: { $name }
age-now = agora mesmo
age-minutes = { $count ->
    [one] há { $count } minuto
   *[other] há { $count } minutos
}
age-hours = { $count ->
    [one] há { $count } hora
   *[other] há { $count } horas
}
age-days = { $count ->
    [one] há { $count } dia
   *[other] há { $count } dias
}
age-months = { $count ->
    [one] há { $count } mês
   *[other] há { $count } meses
}

## Ajuda, sobre, perguntas

help-title = Atalhos
help-open = Abrir um retrato; segurar: ver o original
help-gallery = Todos os retratos
help-further = Mais uma imagem da pessoa
help-paste = Colar uma imagem ou um caminho
help-digits = Retratos da galeria, ou o rosto
help-enter = Usar o rosto marcado
help-space = Fixar meu rosto neutro
help-mirror = Espelho
help-undo = Desfazer uma mudança do movimento
help-redo = Refazer
help-inset = Imagem da câmera
help-record = Gravar, parar
help-boomerang = Bumerangue de três segundos
help-snapshot = Foto
help-panel = Painel lateral
help-list = Gravações anteriores
help-output = Janela de saída
help-alone = Só a imagem
help-tab = Próximo controle
help-help = Esta ajuda
help-escape = Fechar o que está por cima
help-know = Bom saber
help-consent = Anime só pessoas que concordam, ou que se foram há muito tempo. Todo vídeo e toda foto levam a marca de sintéticos, para que ninguém os tome pela pessoa real.
help-private = Nada sai deste computador: sem conta, sem rede.
help-about = Sobre o Retrato
help-about-tip = Versão, licenças, com que aprendeu
about-what = Dá vida a um retrato com o seu próprio rosto, só neste computador: sem conta, sem rede.
about-licences = Licenças
about-licences-text = O Retrato é livre: você pode usá-lo sob a licença MIT ou a licença Apache 2.0, como preferir. O arquivo NOTICE lista o que outros fizeram.
about-learnt = Com que aprendeu
about-learnt-text = As redes do Retrato aprenderam só com cabeças sintéticas: pessoas que não existem, feitas pelo programa a partir do modelo público ICT-FaceKit. Nenhuma foto de ninguém foi usada. Os rostos são lidos por modelos que outros treinaram: o Face Landmarker do MediaPipe, e os pontos da dlib onde ele falta.
about-wrong = Quando algo dá errado
about-log = O registro está em { $path }
about-copy-log = Copiar caminho do registro
about-copy-log-tip = Para escrever a quem conserta
recovery-title = { $count ->
    [one] Há uma gravação interrompida
   *[other] Há gravações interrompidas
}
recovery-file = { $name } ({ $size })
recovery-text = O Retrato não terminou direito enquanto gravava. O que foi gravado até ali pode ser recuperado.
recovery-recover = Recuperar
recovery-later = Depois
path-portrait = Abrir um retrato
path-further = Mais uma imagem da pessoa
path-driver = Abrir um clipe ou uma atuação
path-where-picture = Aqui não há diálogo de arquivos. Onde está a imagem?
path-where-file = Aqui não há diálogo de arquivos. Onde está o arquivo?
path-hint = /pasta/arquivo
path-label = Caminho do arquivo
path-open = Abrir
path-none = Esse arquivo não existe.
dialog-pictures = Imagens
dialog-clips = Clipes e atuações
dialog-all = Todos os arquivos

## Mensagens

dismiss = Dispensar a mensagem
said-copied = Está na área de transferência
said-path-copied = O caminho está na área de transferência
said-no-dialog = O diálogo de arquivos não abre: { $why }
said-neither = { $name } não é imagem nem clipe. Solte um JPEG, PNG ou WebP para animar, ou um MP4 para mover
said-one-driver = Só um pode mover: { $name } é usado
said-other-name = Dê outro nome: este está vazio ou é do programa
said-no-room = Não cabem mais ajustes. Remova um antes
said-neutral = Este é agora o seu rosto neutro
said-likeness-better = A semelhança melhorou: { $percent } % mais perto das imagens
said-likeness-same = Não deu para melhorar a semelhança; nada mudou
said-recorded = { $file } foi salvo ({ $seconds } s)
said-virtual-camera = Outros programas já podem escolher a câmera { $name }
said-virtual-camera-commands = A câmera virtual precisa de um dispositivo que alguns comandos criam. O painel explica mais, em Mais
said-executor-now = Agora: { $why }
said-executor-not = A GPU não é usada: { $why }
said-executor-broken = A placa de vídeo não pode continuar ({ $why }). O Retrato continua na CPU.
said-networks-broken = As redes não podem continuar ({ $why }). Este retrato se move sem elas, menos bem; no próximo elas tentam de novo.
said-recovered = { $file } foi recuperado
said-clipboard = A área de transferência não pode ser lida: { $why }
said-clipboard-empty = A imagem na área de transferência está vazia. Copie de novo
said-clipboard-text = Na área de transferência há texto, não imagem. Copie antes uma imagem, ou o caminho dela
said-clipboard-nothing = Não há imagem na área de transferência. Copie antes uma, ou o caminho dela
said-passing = A imagem não estará aqui da próxima vez: { $why }
said-replaced = Um retrato novo tomou o lugar do anterior. São da mesma pessoa?
said-replaced-by = “{ $by }” tomou o lugar de “{ $before }”. São da mesma pessoa?
said-use-both = Usar as duas imagens
said-one-portrait = Um retrato por vez: os outros esperam na galeria
said-one-person = São a mesma pessoa
said-portrait-first = Abra antes um retrato da pessoa e depois adicione mais imagens
said-made-from = Agora feito de { $count } imagens desta pessoa
said-film-copied = { $file } está na área de transferência
said-film-path = Aqui a área de transferência não aceita arquivos, então ela tem o caminho
said-no-file-manager = Nenhum gerenciador de arquivos responde, então o caminho está na área de transferência
said-trashed = { $file } está na lixeira
said-put-back = { $file } está de novo na sua pasta

## Problemas: o que o programa diz de arquivos e dispositivos vem em inglês

trouble-driver = Isto não pode mover o retrato. { $why }
trouble-portrait = A imagem não abre. { $why }
trouble-background = O fundo fica como está: { $why }
trouble-recording = A gravação falhou. { $why }
trouble-snapshot = A foto falhou. { $why }
trouble-recovery = Não deu para recuperar a gravação. { $why }
trouble-likeness = O aprendizado falhou. { $why }
trouble-virtual-camera = A câmera virtual não funciona. { $why }
trouble-film = Não deu certo. { $why }
trouble-portraits = Há um problema com os seus retratos. { $why }
trouble-settings = Um aviso sobre as configurações. { $why }
trouble = Um aviso. { $why }
