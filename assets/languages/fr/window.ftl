# Les textes de la fenêtre, rangés selon l'endroit où ils se trouvent. Il y a peu de place sur les boutons.

## Mots présents à plusieurs endroits

open = Ouvrir…
open-tip = Ouvrir un fichier image (O)
paste = Coller
paste-tip = Depuis le presse-papiers (Ctrl V)
cancel = Annuler
close = Fermer
close-tip = Fermer (Échap)
undo = Annuler
put-back = Le remettre
save = Enregistrer
rename = Renommer
copy-commands = Copier les commandes
key-ctrl = Ctrl { $key }
key-space = Espace
key-enter = Entrée
pasted-name = Image collée
pasted-opening = l'image collée
untitled = Portrait
file-saved = { $file } est enregistré
megabytes = { $number } Mo
kilobytes = { $number } ko

## Noms donnés par le programme

portrait-garden = Chapeau de paille
portrait-lady = Dame en terre d'ombre
portrait-dutch = La toque cramoisie
portrait-chalk = Le vieux pilote
performance-talk = Parler
performance-laugh = Rire
performance-doubt = Douter
performance-look-around = Regarder autour
reader-face = lecteur de visages
preset-natural = Naturel
preset-natural-tip = Tout comme tu le fais
preset-lively = Vif
preset-lively-tip = Un peu plus de tout, pour qui bouge peu
preset-theatre = Théâtre
preset-theatre-tip = De grands gestes, visibles du dernier rang
preset-eyes = Yeux seuls
preset-eyes-tip = La tête reste immobile, les yeux te suivent

## Le menu des langues

language = Langue
language-system = Celle du système : { $name }
language-japanese = Japonais
language-chinese = Chinois (simplifié)
language-no-font = Aucune police n'est installée pour cette langue. Installe-en une, par exemple Noto Sans CJK, et relance Retrato
language-no-font-start = Aucune police n'est installée pour la langue { $language }, la fenêtre est donc en anglais. Installe-en une, par exemple Noto Sans CJK, et relance Retrato

## La scène sans portrait

empty-title = Dépose un portrait ici
empty-note = Un tableau, une photo, un dessin : tout ce qui a un visage. Il regardera, parlera et clignera des yeux comme toi.
empty-no-drop = Dans une session Wayland, on ne peut pas encore déposer de fichiers : utilise Ouvrir ou Coller.
empty-try = ou essaie l'un de ceux-ci
drop-portrait = Lâche, et il prendra vie
drop-driver = Lâche, et il animera le portrait
drop-neither = Ce n'est ni une image ni un clip
drop-more = { $list } et { $count } de plus

## La scène avec un portrait

stage-portrait = Portrait : { $name }
stage-caption-drop = { $name }  ·  dépose ici ton propre portrait
stage-caption-open = { $name }  ·  O ouvre ton propre portrait
stage-opening = Ouverture de { $name } …
stage-clipboard = Lecture du presse-papiers …
stage-replay = Lecture
stage-show-panel = Afficher le panneau (P)
no-face = Aucun visage : regarde la caméra
no-face-clip = Aucun visage à cet endroit du clip
driver-stalled-pill = { $name } n'envoie rien depuis { $seconds } s : vérifie le câble
countdown-label = Enregistrement dans { $number }, Échap annule
countdown-cancel = Échap annule

## L'image de la caméra sur la scène

inset-label = Image de la caméra : { $seen }
inset-face = un visage est trouvé
inset-lids = Yeux
inset-mouth = Bouche
inset-brows = Sourcils
inset-hide = Masquer l'image de la caméra (C)
inset-show = Afficher l'image de la caméra (C)
sight-loading = Le lecteur se charge encore
sight-dark = Trop sombre : allume
sight-turned = De côté : regarde la caméra
sight-small = Trop petit : approche-toi
sight-gone = Hors de l'image : reviens
sight-unknown = Aucun visage à l'image

## Cadrage

framing-tip = La partie de l'image montrée et enregistrée
framing-head = Tête
framing-bust = Tête et épaules
framing-whole = Image entière
framing-note = À la main : la molette rapproche, glisser déplace, un double clic montre tout. Les enregistrements, les photos et la caméra virtuelle montrent la même partie.
panes-alone = Enregistrer le portrait vivant
panes-before-after = Enregistrer avant et après
panes-triptych = Enregistrer toi, le tableau, le vivant
panes-triptych-note = Les enregistrements te montrent aussi.
mark = Marquer enregistrements et photos
mark-tip = Le mot SYNTHETIC dans le coin de chaque image
background = Arrière-plan
background-own = Le fond propre à l’image
background-blurred = Fond flou
background-green = Vert, pour l’incrustation
background-transparent = Transparent, pour les photos
background-transparent-note = Les films et la caméra virtuelle n’ont pas de transparence : choisissez le vert pour eux.
background-colour = Fond { $colour }
background-other = Une autre couleur
background-number = Numéro de la couleur
background-no-film = Un film n’a pas de transparence. Choisissez le vert et incrustez plus tard ; les photos restent transparentes.
output = Fenêtre de sortie
output-tip = Le portrait seul dans sa propre fenêtre, pour OBS ou un projecteur : F11 remplit l’écran, Échap la ferme (W)

## Où est le visage ?

face-number = Visage { $number }
face-box = Cadre autour du visage : glisser le dessine, les flèches le déplacent, plus et moins changent sa taille
face-which = { $count } visages dans { $name } : lequel doit prendre vie ?
face-none = Aucun visage trouvé dans { $name }. Trace un cadre autour, des sourcils au menton.
face-draw = Trace un cadre autour du visage, des sourcils au menton.
face-use-box = Ce cadre
face-use = Ce visage
face-draw-instead = Tracer un cadre
face-draw-instead-tip = Aucun d'eux n'est le bon
face-keep-largest = Garder le plus grand visage (Échap)
face-do-not-open = Ne pas ouvrir cette image (Échap)

## La galerie

gallery-all = Tous les portraits
gallery-all-count = Tous : { $count }
gallery-all-tip = Tous les portraits : les tiens et ceux fournis (G)
gallery-portrait-missing = Portrait : { $name }, son fichier manque
gallery-remove = Retirer { $name }
sheet-title = Portraits
sheet-close = Fermer les portraits (Échap)
sheet-own = Les tiens, les plus récents d'abord
sheet-own-none = Les portraits que tu ouvres restent ici, avec leur visage, leur mouvement et leurs autres images.
sheet-built-in = Fournis avec Retrato
sheet-missing = Fichier introuvable
sheet-missing-tip = { $file } n'est plus là. Remets le fichier à sa place et clique ici, ou retire le portrait de la liste
sheet-keep = Garder { $name } en tête
sheet-keep-not = Ne plus garder { $name } en tête
sheet-other-face = Choisir un autre visage dans { $name }
sheet-take-off = Retirer { $name } de la liste
sheet-taken-off = « { $name } » n'est plus dans la liste

## Le panneau : en-tête, portrait

panel-hide = Masquer le panneau (P)
panel-help = Aide et raccourcis (F1)
portrait = Portrait
portrait-open-tip = Ouvrir un portrait (O)
further-add = Ajouter une autre image…
further-add-short = Ajouter…
further-tip = Ce que cette image ne montre pas, comme les dents ou les yeux fermés, vient d'une autre image de la même personne (A)
further-none = Sans ses réseaux, le portrait est fait d'une seule image
further-count = { $count } images de la personne
likeness-improve = Plus ressemblant
likeness-improve-tip = Apprend toutes les images de la personne, en une demi-minute à deux minutes ; il en faut plusieurs pour les yeux et la bouche
likeness-learning = Apprend : { $percent } %
likeness-cancel-tip = Arrêter d'apprendre : le portrait reste comme avant
likeness-undo-tip = Oublier ce qui a été appris de ces images
likeness-improved = Plus ressemblant
likeness-improved-tip = Les images de la personne sont apprises, pour la prochaine fois aussi

## Le panneau : ce qui anime le portrait

driver = Animé par
driver-read-by = Lu par
driver-reader = lecteur
driver-reader-tip = Ce qui lit ton visage
driver-reader-best = Le meilleur possible
driver-reader-best-tip = Le lecteur de visages, avec chaque petit mouvement ; dlib s'il manque ou ne voit aucun visage
driver-reader-dlib = dlib seul
driver-reader-dlib-tip = 68 points : pour comparer, et pour les visages que le lecteur lit mal
driver-camera = Caméra
driver-camera-tip = La caméra qui voit ton visage
driver-cameras-looking = Recherche de caméras …
driver-cameras-none = Aucune caméra trouvée
driver-cameras-choose = Choisis une caméra
driver-cameras-plug = Branches-en une, puis clique sur la flèche
camera-looking = Coup d’œil …
camera-drives = Anime le portrait
camera-busy = Utilisée par un autre programme
camera-forbidden = Ce programme n’y a pas accès
camera-fails = Pas d’image
camera-formats = { $size }, { $rate } i/s
camera-formats-most = { $size }, { $rate } i/s, jusqu’à { $most }
camera-busy-tip = Fermez l’autre programme, ou choisissez une autre caméra
camera-forbidden-tip = Autorisez ce programme à utiliser les caméras, dans les réglages du système ; sous Linux, il faut être dans le groupe video
driver-cameras-again = Rechercher à nouveau
driver-performance-tip = Un jeu enregistré : du mouvement sans images
driver-clip = Clip…
driver-clip-tip = Une vidéo ou un jeu enregistré
driver-it = Ceci
driver-the-camera = La caméra
driver-nothing = Rien n'anime encore le portrait
driver-running = { $name }, { $rate } i/s
driver-stalled = { $name } n'envoie rien depuis { $seconds } s. Vérifie le câble
driver-ended = { $name } est terminé
driver-failed = { $name } ne marche pas. Choisis autre chose pour animer le portrait

## Le panneau : la lecture d'un clip

play = Lire
pause = Pause
play-place = Position dans le clip
play-waits = Cela commence dès qu'il y a un portrait.
play-again = Reprend au début à la fin
play-once = S'arrête à la fin
play-speed = Vitesse du clip
play-speed-tip = À quelle vitesse il est lu
speed-quarter = Un quart
speed-half = Moitié
speed-own = Normale
speed-more = Une fois et demie
speed-double = Double
play-neutral = Neutre ici
play-neutral-tip = Mets en pause là où le visage est détendu et regarde droit devant, puis clique : tout mouvement se mesure à partir de cette image

## Le panneau : mouvement

motion = Mouvement
motion-undo = Annuler (Ctrl Z)
motion-redo = Rétablir (Ctrl Y)
motion-neutral = Mon visage neutre
motion-neutral-tip = Regarde droit devant, le visage détendu, puis clique : tout mouvement se mesure à partir de là
motion-neutral-not = Ouvre d'abord un portrait
motion-own-tip = À toi. Un clic droit peut le retirer
motion-own-set-tip = À toi. Un autre clic peut le retirer
motion-remove = Retirer { $name }
motion-save = Garder…
motion-save-tip = Garder ce mouvement sous un nom, ou renommer le tien qui est choisi
motion-name = Nom de ce mouvement
motion-head = Tête
motion-head-tip = Combien la tête tourne, hoche et penche
motion-eyes = Yeux
motion-eyes-tip = Clignements, yeux plissés ou grands ouverts
motion-gaze = Regard
motion-gaze-tip = Combien les yeux regardent autour
motion-brows = Sourcils
motion-brows-tip = Combien les sourcils se lèvent et se froncent
motion-mouth = Bouche
motion-mouth-tip = Combien les lèvres et la mâchoire bougent
motion-smoothing = Lissage
motion-smoothing-tip = Plus, c'est plus calme, avec un peu de retard
motion-mirror = Miroir
motion-mirror-tip = Le portrait bouge comme ton reflet dans un miroir (M)
slider-back = Double clic : retour à { $percent } %
slider-number = { $label } en pour cent
slider-number-tip = Clique pour saisir un nombre

## Le panneau : ce qui sert rarement

more = Plus
more-tip = D'autres images de la personne, l'arrière-plan, la caméra virtuelle, la vitesse
virtual-camera = Caméra virtuelle
virtual-camera-tip = D'autres programmes, pour les appels vidéo par exemple, peuvent choisir le portrait comme caméra
virtual-camera-opening = Ouverture du périphérique …
virtual-camera-choose = Choisis la caméra { $name } dans les autres programmes
virtual-camera-commands-tip = Colle-les dans un terminal
speed = Vitesse
speed-unknown = pas encore connue
speed-tip = Ce qui fait les images
speed-recording = Arrête l'enregistrement pour changer cela
speed-auto = Automatique
speed-auto-tip = La carte graphique là où elle est plus rapide
speed-cpu = CPU
speed-cpu-tip = Le processeur principal
speed-gpu = GPU
speed-gpu-tip = La carte graphique, même purement logicielle
speed-now = Maintenant : { $why }.
speed-no-networks = Les réseaux ne servent pas pour ce portrait : { $why }.
speed-broken = la carte graphique ne peut pas continuer ({ $why }), le CPU fait donc les images
foot-idle = au repos
foot-speed = { $rate } i/s · { $ms } ms
foot-speed-tip = Images par seconde, et le temps de la caméra jusqu'à l'image
foot-camera = Caméra virtuelle active
foot-camera-tip = D'autres programmes peuvent voir le portrait. L'interrupteur est sous Plus

## Le panneau : enregistrement

record = Enregistrer
record-tip = Enregistrer le portrait (R)
record-not = On peut enregistrer quand un portrait est ouvert et qu'une caméra ou un clip l'anime
record-stop = Arrêter   { $time }
record-stop-label = Arrêter l'enregistrement
record-stop-tip = Arrêter et garder l'enregistrement (R)
record-saving = Sauvegarde   { $percent } %
boomerang = Boomerang
boomerang-tip = Trois secondes, aller et retour (B)
countdown = Compte à rebours
countdown-on = L'enregistrement commence après 3, 2, 1. Clique pour commencer aussitôt
countdown-with-camera = Avec une caméra, l'enregistrement commence après 3, 2, 1 ; avec un clip, aussitôt. Clique pour toujours compter
countdown-off = L'enregistrement commence aussitôt. Clique pour compter 3, 2, 1 avant
snapshot = Photo
snapshot-tip = Garder cette image en PNG (S)
sound-on = Avec son
sound-off = Sans son
sound-tip = Enregistrer avec le micro, ou avec le son du clip
microphone = Micro
microphone-system = Micro du système
microphone-level = Niveau du micro { $percent } %
record-earlier = Enregistrements précédents (L)
record-copy-path = Copier le chemin du dernier fichier
record-show = Montrer le dernier fichier dans son dossier
record-slow = { $count ->
    [one] Seulement { $count } image par seconde
   *[other] Seulement { $count } images par seconde
}
record-slow-tip = Cet ordinateur est trop lent pour un film fluide. Ferme d'autres programmes, ou prends une image plus petite
record-slow-note = { $few } : cet ordinateur était trop lent pour un film fluide. Ferme d'autres programmes, ou prends une image plus petite.
record-lost = { $count ->
    [one] { $count } image perdue
   *[other] { $count } images perdues
}
record-lost-tip = Cet ordinateur était trop lent pour elles
record-saved = Enregistré : { $name }
record-saved-in = Enregistré dans { $folder }

## La carte d'un enregistrement, sa lecture, la liste

film-play = Lire { $name }
film-sound = avec son
film-silent = muet
film-replay = Revoir
film-replay-tip = Le lire ici, avec le son
film-trim = Couper
film-trim-tip = Choisir où il commence et finit
film-copy = Copier le fichier, pour le coller dans un message ou un dossier
film-show = Le montrer dans son dossier
film-trash = Le mettre à la corbeille
film-save-as = Exporter
film-save-as-tip = Un nouveau fichier ; celui-ci reste
film-gif = GIF
film-gif-guessing = GIF (taille en cours de calcul)
film-gif-about = GIF, environ { $size }
film-whole = Film, image entière (MP4)
film-square = Film, carré (MP4)
film-tall = Film, vertical pour mobile (MP4)
film-back = Film, aller et retour (MP4)
film-still = Image fixe, celle montrée (PNG)
film-of-part = De la partie que tu as choisie.
film-name = Nouveau nom
film-keep-name = Garder le nom
film-part = { $from } – { $to }   ({ $seconds } s)
film-part-begin = Début de la partie
film-part-end = Fin de la partie
film-part-at = { $end } : { $time }
film-done = Terminé
film-save-again = Exporter
film-save-again-tip = Un nouveau fichier de cette partie ; l'enregistrement reste tel quel
film-volume = Volume
film-end-replay = Arrêter la lecture (Échap)
film-no-sound = Muet : { $why }.
film-making-whole = Sauvegarde du film
film-making-square = Sauvegarde du film
film-making-tall = Sauvegarde du film
film-making-gif = Sauvegarde du GIF
film-making-still = Sauvegarde de l'image
film-making-back = Aller et retour
film-making = { $what }   { $percent } %
film-cancelled = Annulé ; rien n'a été écrit
film-no-part = Aucune image entre ces deux bouts ; écarte-les
film-no-film = { $file } n'est pas un film
film-too-long = Seuls les films de { $seconds } secondes au plus peuvent aller et revenir ; coupe-le d'abord
film-bad-name = Aucun fichier ne peut porter ce nom ; utilise des lettres, des chiffres et des espaces
film-name-taken = Il y a déjà un fichier nommé { $name } ; choisis un autre nom
films-title = Enregistrements
films-in = dans { $folder }
films-looking = Recherche …
films-none = Rien n'est encore enregistré. Clique sur Enregistrer, et ce que tu fais apparaîtra ici.
films-one = Enregistrement : { $name }
age-now = à l'instant
age-minutes = { $count ->
    [one] il y a { $count } minute
   *[other] il y a { $count } minutes
}
age-hours = { $count ->
    [one] il y a { $count } heure
   *[other] il y a { $count } heures
}
age-days = { $count ->
    [one] il y a { $count } jour
   *[other] il y a { $count } jours
}
age-months = { $count ->
    [one] il y a { $count } mois
   *[other] il y a { $count } mois
}

## Aide, à propos, questions

help-title = Raccourcis
help-open = Ouvrir un portrait ; maintenue : voir l'original
help-gallery = Tous les portraits
help-further = Ajouter une image de la personne
help-paste = Coller une image ou un chemin
help-digits = Portraits de la galerie, ou le visage
help-enter = Prendre le visage marqué
help-space = Fixer mon visage neutre
help-mirror = Miroir
help-undo = Annuler un changement du mouvement
help-redo = Le rétablir
help-inset = Image de la caméra
help-record = Enregistrer, arrêter
help-boomerang = Boomerang de trois secondes
help-snapshot = Photo
help-panel = Panneau latéral
help-list = Enregistrements précédents
help-output = Fenêtre de sortie
help-alone = L'image seule
help-tab = Contrôle suivant
help-help = Cette aide
help-escape = Fermer ce qui est au-dessus
help-know = Bon à savoir
help-consent = N'anime que des personnes qui sont d'accord, ou disparues depuis longtemps. Chaque film et chaque photo portent la marque du synthétique, pour que nul ne les prenne pour la vraie personne.
help-private = Rien ne quitte cet ordinateur : ni compte, ni réseau.
help-about = À propos de Retrato
help-about-tip = Version, licences, de quoi il a appris
about-what = Donne vie à un portrait avec ton propre visage, sur cet ordinateur seul : ni compte, ni réseau.
about-licences = Licences
about-licences-text = Retrato est libre : tu peux l'utiliser sous la licence MIT ou la licence Apache 2.0, à ton choix. Le fichier NOTICE énumère ce que d'autres ont fait.
about-learnt = De quoi il a appris
about-learnt-text = Les réseaux de Retrato n'ont appris que sur des têtes synthétiques : des personnes qui n'existent pas, faites par le programme à partir du modèle public ICT-FaceKit. Aucune photo de qui que ce soit n'a servi. Les visages sont lus par des modèles que d'autres ont entraînés : Face Landmarker de MediaPipe, et les points de dlib quand il manque.
about-wrong = Quand quelque chose va mal
about-log = Le journal est dans { $path }
about-copy-log = Copier le chemin
about-copy-log-tip = Pour écrire à ceux qui réparent
recovery-title = { $count ->
    [one] Un enregistrement interrompu a été trouvé
   *[other] Des enregistrements interrompus ont été trouvés
}
recovery-file = { $name } ({ $size })
recovery-text = Retrato ne s'est pas bien terminé pendant l'enregistrement. Ce qui était enregistré peut être récupéré.
recovery-recover = Récupérer
recovery-later = Plus tard
path-portrait = Ouvrir un portrait
path-further = Ajouter une image de la personne
path-driver = Ouvrir un clip ou un jeu
path-where-picture = Ce bureau n'a pas de dialogue de fichiers. Où est l'image ?
path-where-file = Ce bureau n'a pas de dialogue de fichiers. Où est le fichier ?
path-hint = /dossier/fichier
path-label = Chemin du fichier
path-open = Ouvrir
path-none = Ce fichier n'existe pas.
dialog-pictures = Images
dialog-clips = Clips et jeux enregistrés
dialog-all = Tous les fichiers

## Messages

dismiss = Écarter le message
said-copied = C'est dans le presse-papiers
said-path-copied = Le chemin est dans le presse-papiers
said-no-dialog = Le dialogue de fichiers ne s'ouvre pas : { $why }
said-neither = { $name } n'est ni une image ni un clip. Dépose un JPEG, PNG ou WebP à animer, ou un MP4 qui anime
said-one-driver = Un seul peut l'animer : { $name } est utilisé
said-other-name = Choisis un autre nom : celui-ci est vide, ou pris par le programme
said-no-room = Il n'y a plus de place pour un réglage. Retires-en un d'abord
said-neutral = C'est maintenant ton visage neutre
said-likeness-better = C'est plus ressemblant : { $percent } % plus près des images
said-likeness-same = La ressemblance n'a pas pu être améliorée ; rien n'a changé
said-recorded = { $file } est enregistré ({ $seconds } s)
said-virtual-camera = Les autres programmes peuvent choisir la caméra { $name }
said-virtual-camera-commands = La caméra virtuelle a besoin d'un périphérique que créent quelques commandes. Le panneau en dit plus, sous Plus
said-executor-now = Maintenant : { $why }
said-executor-not = Le GPU n'est pas utilisé : { $why }
said-executor-broken = La carte graphique ne peut pas continuer ({ $why }). Retrato continue sur le CPU.
said-networks-broken = Les réseaux ne peuvent pas continuer ({ $why }). Ce portrait bouge sans eux, moins bien ; ils réessaient au prochain.
said-recovered = { $file } est récupéré
said-clipboard = Le presse-papiers ne peut pas être lu : { $why }
said-clipboard-empty = L'image du presse-papiers est vide. Copie-la encore
said-clipboard-text = Le presse-papiers contient du texte, pas une image. Copie d'abord une image, ou son chemin
said-clipboard-nothing = Il n'y a pas d'image dans le presse-papiers. Copies-en une d'abord, ou son chemin
said-passing = L'image ne sera plus là au prochain démarrage : { $why }
said-replaced = Un nouveau portrait a pris la place du précédent. Montrent-ils la même personne ?
said-replaced-by = « { $by } » a pris la place de « { $before } ». Montrent-ils la même personne ?
said-use-both = Utiliser les deux
said-one-portrait = Un portrait à la fois : les autres attendent dans la galerie
said-one-person = C'est la même personne
said-portrait-first = Ouvre d'abord un portrait de la personne, puis ajoute d'autres images
said-made-from = Fait maintenant à partir de { $count } images de la personne
said-film-copied = { $file } est dans le presse-papiers
said-film-path = Ici le presse-papiers ne prend pas de fichiers, il contient donc le chemin
said-no-file-manager = Aucun gestionnaire de fichiers ne répond, le chemin est donc dans le presse-papiers
said-trashed = { $file } est à la corbeille
said-put-back = { $file } est de nouveau dans son dossier

## Ennuis : ce que le programme dit des fichiers et des appareils vient en anglais

trouble-driver = Cela ne peut pas animer le portrait. { $why }
trouble-portrait = L'image ne s'ouvre pas. { $why }
trouble-background = Le fond reste tel quel : { $why }
trouble-recording = L'enregistrement a échoué. { $why }
trouble-snapshot = La photo a échoué. { $why }
trouble-recovery = L'enregistrement n'a pas pu être récupéré. { $why }
trouble-likeness = L'apprentissage a échoué. { $why }
trouble-virtual-camera = La caméra virtuelle ne marche pas. { $why }
trouble-film = Cela n'a pas marché. { $why }
trouble-portraits = Un ennui avec tes portraits. { $why }
trouble-settings = Une remarque sur les réglages. { $why }
trouble = Une remarque. { $why }
